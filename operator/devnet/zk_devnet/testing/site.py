"""A folder with everything that a configuration names, as it should be; tests spoil it."""

from dataclasses import dataclass, field
from pathlib import Path

from zk_operator.adapters.signing.evm import create_evm_key
from zk_operator.domain.circuit import released_key
from zk_operator.program import batch_program
from zk_operator.settings import Settings, load_settings
from zkverify_client.signing.polkadot_json import LIGHT_SCRYPT
from zkverify_client.signing.signer import create_zkverify_key

PASSWORD = "correct"  # noqa: S105  # of keys that nobody uses


@dataclass(slots=True)
class Site:
    """The folder, and the flags under which its `operator.toml` is read."""

    folder: Path
    flags: dict[str, object] = field(default_factory=dict)

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        """Write a file, with its folders; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def path(self, name: str) -> Path:
        """Where a file of that name is."""
        return self.folder / name

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.path("operator.toml")

    @property
    def settings(self) -> Settings:
        """What it says now."""
        return load_settings(self.config, {}, self.flags).settings


def furnish(site: Site, example: Path) -> None:
    """Write every file that the example's configuration names."""
    site.write("operator.toml", example.read_bytes())
    for name in ("evm", "sp1", "zkverify"):
        site.write(f"keys/{name}.password", f"{PASSWORD}\n".encode(), 0o600)
    for name in ("evm", "sp1"):
        create_evm_key(site.path(f"keys/{name}.json"), PASSWORD, scrypt_n=2)
    create_zkverify_key(site.path("keys/zkverify.json"), PASSWORD, cost=LIGHT_SCRYPT)
    site.write("program/batch.elf", batch_program().elf)
    site.write("program/batch.vk.bin", batch_program().vk)
    site.write("program/groth16_vk.bin", released_key("v6.1.0") or b"")
