"""The chain itself: the block tree, the mempool, mining and reorgs. Everything is synchronous."""

from collections.abc import Callable, Iterator
from random import Random

from zk_acts.domain.hashing import keccak
from zk_devnet.simulator.evm.block import GAS_LIMIT, Block, Receipt
from zk_devnet.simulator.evm.codec import Log, Reverted
from zk_devnet.simulator.evm.contract import Execution, gas_of, run_call
from zk_devnet.simulator.evm.deployment import EPOCH_S, ETHER
from zk_devnet.simulator.evm.state import State
from zk_devnet.simulator.evm.transaction import Action, Tx
from zk_devnet.simulator.trace import Trace
from zk_operator.domain.ids import Address

GWEI = 10**9
USUAL_BASE_FEE = 10 * GWEI


class EvmChain:
    """One chain with one mempool. `spare(tx)`: whether the miner leaves a transaction out this time."""

    def __init__(self, *, state: State, chance: Random, trace: Trace) -> None:
        genesis = Block(
            number=0,
            parent_hash=bytes(32),
            timestamp=EPOCH_S,
            base_fee=USUAL_BASE_FEE,
            receipts=(),
            state=state,
        )
        self._chance = chance
        self._trace = trace
        self.blocks: dict[bytes, Block] = {genesis.hash: genesis}
        self.canonical: list[Block] = [genesis]
        self.tips: list[Block] = [genesis]  # every head that there ever was, in order of time
        self.mempool: dict[Address, dict[int, Tx]] = {}
        self.sent: dict[bytes, Tx] = {}  # every transaction that ever reached a mempool
        self.base_fee = USUAL_BASE_FEE
        self.spare: Callable[[Tx], bool] = lambda _: False
        self.on_sent: Callable[[Tx], None] = lambda _: None
        self._made = 0

    @property
    def tip(self) -> Block:
        """The newest block."""
        return self.canonical[-1]

    def ancestor(self, head: Block, number: int) -> Block | None:
        """The block of that number on the branch that ends in `head`."""
        if number > head.number or number < 0:
            return None
        block = head
        while block.number > number:
            if block.number < len(self.canonical) and self.canonical[block.number] is block:
                return self.canonical[number]
            block = self.blocks[block.parent_hash]
        return block

    def branch(self, head: Block, first: int, last: int) -> list[Block]:
        """The blocks of a range on the branch of `head`, ascending."""
        found = [self.ancestor(head, number) for number in range(first, min(last, head.number) + 1)]
        return [block for block in found if block is not None]

    # --- transactions ---

    def send_plain(self, sender: Address, to: Address, action: Action, label: str) -> Tx:
        """A transaction of somebody who is simulated without keys."""
        self._made += 1
        return self._queue_new(sender, to, label.encode(), action, label)

    def send_copy(self, sender: Address, tx: Tx, label: str) -> Tx:
        """The same call by somebody else."""
        return self._queue_new(sender, tx.to, tx.data, None, label)

    def _queue_new(
        self, sender: Address, to: Address, data: bytes, action: Action | None, label: str
    ) -> Tx:
        nonce = self.pending_nonce(sender, self.tip)
        name = keccak(f"{label}/{sender.hex()}/{nonce}/{self._made}".encode())
        tx = Tx(
            hash=name,
            sender=sender,
            nonce=nonce,
            to=to,
            data=data,
            value=0,
            gas=3_000_000,
            fee_cap=10_000 * GWEI,
            tip=5 * GWEI,
            action=action,
            label=label,
        )
        self.queue(tx)
        return tx

    def queue(self, tx: Tx) -> None:
        """Into the mempool, in the place of a sibling where there is one."""
        if tx.hash not in self.sent:
            self.on_sent(tx)
        self.mempool.setdefault(tx.sender, {})[tx.nonce] = tx
        self.sent[tx.hash] = tx

    def pending_nonce(self, sender: Address, head: Block) -> int:
        """The account's next nonce, the mempool counted."""
        nonce = head.state.nonces.get(sender, 0)
        while nonce in self.mempool.get(sender, {}):
            nonce += 1
        return nonce

    def drop(self, tx: Tx) -> None:
        """Out of the mempool, without a trace."""
        waiting = self.mempool.get(tx.sender, {})
        if waiting.get(tx.nonce) is tx:
            del waiting[tx.nonce]

    # --- blocks ---

    def mine(self, now_s: float) -> Block:
        """The next block on the tip."""
        block = self._build(self.tip, now_s)
        self._adopt(block)
        self._say(block)
        return block

    def reorg(self, depth: int, now_s: float) -> list[Block]:
        """Replace the last blocks by as many others and one more; what was in them waits in the mempool again."""
        base = self.canonical[-1 - depth]
        removed = self.canonical[base.number + 1 :]
        del self.canonical[base.number + 1 :]
        for block in removed:
            for receipt in block.receipts:
                self._return(receipt.tx)
        self._trace.say("evm", "reorg", depth=depth, base=base.number)
        for at in range(depth + 1):
            timestamp = removed[at].timestamp if at < len(removed) else 0
            block = self._build(self.tip, now_s, timestamp)
            self.blocks[block.hash] = block
            self.canonical.append(block)
            self._clean(block)
            self._say(block)
        self.tips.append(self.tip)
        return removed

    def _say(self, block: Block) -> None:
        what = ",".join(r.tx.label or r.tx.hash.hex()[:8] for r in block.receipts)
        self._trace.say("evm", "block", number=block.number, hash=block.hash, txs=what)
        for receipt in block.receipts:
            for log in receipt.logs:
                self._trace.say("evm", log.name, values=_shown(log))
            if not receipt.succeeded:
                self._trace.say("evm", "reverted", tx=receipt.tx.hash, reason=receipt.reason)

    def _return(self, tx: Tx) -> None:
        if tx.nonce not in self.mempool.setdefault(tx.sender, {}):
            self.mempool[tx.sender][tx.nonce] = tx

    def _adopt(self, block: Block) -> None:
        self.blocks[block.hash] = block
        self.canonical.append(block)
        self.tips.append(block)
        self._clean(block)

    def _clean(self, block: Block) -> None:
        for sender, waiting in self.mempool.items():
            used = block.state.nonces.get(sender, 0)
            for nonce in [each for each in waiting if each < used]:
                del waiting[nonce]

    def _build(self, parent: Block, now_s: float, timestamp: int = 0) -> Block:
        receipts: list[Receipt] = []
        state, gas = parent.state.copy(), 0
        timestamp = max(timestamp or EPOCH_S + int(now_s), parent.timestamp + 1)
        self._move_prices(state)
        for tx in self._candidates(state):
            if gas + tx.gas > GAS_LIMIT:
                continue
            receipt = self._execute(state, tx, timestamp, receipts)
            gas += receipt.gas_used
            receipts.append(receipt)
        return Block(
            number=parent.number + 1,
            parent_hash=parent.hash,
            timestamp=timestamp,
            base_fee=self.base_fee,
            receipts=tuple(receipts),
            state=state,
            extra=self._chance.randbytes(8),
        )

    def _move_prices(self, state: State) -> None:
        """Other people trade, too: a little with each block."""
        for pool_id, (reserve0, reserve1) in state.reserves.items():
            moved = self._chance.randint(-2, 2)
            state.reserves[pool_id] = (reserve0, reserve1 + reserve1 * moved // 10_000)

    def _candidates(self, state: State) -> Iterator[Tx]:
        """Best payers first, each account's in order of nonces."""
        nonces = dict(state.nonces)
        left_out: set[Address] = set()
        while True:
            ready = [
                waiting[nonces.get(sender, 0)]
                for sender, waiting in self.mempool.items()
                if sender not in left_out and nonces.get(sender, 0) in waiting
            ]
            if not ready:
                return
            best = max(ready, key=lambda tx: (min(tx.tip, tx.fee_cap - self.base_fee), tx.hash))
            if best.fee_cap < self.base_fee or (not best.action and self.spare(best)):
                left_out.add(best.sender)
                continue
            nonces[best.sender] = best.nonce + 1
            yield best

    def _execute(self, state: State, tx: Tx, now_s: int, before: list[Receipt]) -> Receipt:
        state.nonces[tx.sender] = tx.nonce + 1
        attempt = state.copy()
        logs: list[Log] = []
        execution = Execution(state=attempt, sender=tx.sender, now_s=now_s, logs=logs)
        succeeded, reason = True, ""
        try:
            if tx.action is not None:
                tx.action(execution)
            else:
                run_call(execution, tx.to, tx.data)
        except Reverted as failure:
            succeeded, reason, logs = False, failure.name, []
        else:
            state.become(attempt)
        gas_used = min(tx.gas, gas_of(tx.data))
        price = tx.price_at(self.base_fee)
        balance = state.balances.get(tx.sender, 10**6 * ETHER)
        state.balances[tx.sender] = balance - gas_used * price
        return Receipt(
            tx=tx,
            index=len(before),
            succeeded=succeeded,
            gas_used=gas_used,
            price=price,
            logs=tuple(logs),
            first_log=sum(len(each.logs) for each in before),
            reason=reason,
        )


def _shown(log: Log) -> str:
    return ",".join(
        value.hex()[:12] if isinstance(value, bytes) else str(value)
        for value in log.values
        if not isinstance(value, tuple)
    )
