"""sp1-gpu-server: SP1's GPU prover, one process per device, behind a Unix socket each."""

from zk_operator.adapters.sp1.gpu.engine import GpuConfig, GpuEngine, open_gpu_engine

__all__ = ["GpuConfig", "GpuEngine", "open_gpu_engine"]
