"""Metrics: one registry of what exists, checked against dashboards, alerts and docs."""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

STAGE_BUCKETS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
RPC_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: its short name in code, its name on the wire, kind, labels, help.

    `failing`: what a gauge shows while whatever it is read from fails, and how that is noticed then.
    """

    name: str
    wire: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    failing: str = ""
    buckets: tuple[float, ...] = STAGE_BUCKETS_S


METRICS = (
    Metric(
        name="failures",
        wire="zk_operator_failures_total",
        kind="counter",
        help="Failed passes by service and code",
        labels=("service", "code"),
    ),
    Metric(
        name="head",
        wire="zk_operator_chain_head_block",
        kind="gauge",
        help="Newest block by chain and tag",
        labels=("chain", "tag"),
        failing="the last one: `ZkOperatorChainStuck` fires",
    ),
    Metric(
        name="cursor",
        wire="zk_operator_cursor_block",
        kind="gauge",
        help="Last block whose orders are stored",
        failing="the last one, which is still true",
    ),
    Metric(
        name="lag",
        wire="zk_operator_cursor_lag_blocks",
        kind="gauge",
        help="Blocks between the head and the cursor",
        failing="set before anything is read, so it grows while logs are refused; NaN while the head is unknown",
    ),
    Metric(
        name="cursor_time",
        wire="zk_operator_cursor_timestamp_seconds",
        kind="gauge",
        help="Time of the block at the cursor: its age grows whatever fails",
        failing="the last one, which is still true: its age grows",
    ),
    Metric(
        name="orders_missing",
        wire="zk_operator_orders_missing",
        kind="gauge",
        help="Orders that the contract counts and no row has; looked for again",
        failing="the number of the last comparison; compared at each new block",
    ),
    Metric(
        name="orders_stale",
        wire="zk_operator_orders_stale",
        kind="gauge",
        help="Open orders whose cancel or end was missed; looked for again",
        failing="the number of the last comparison; compared page by page",
    ),
    Metric(
        name="orders_reread",
        wire="zk_operator_orders_reread_total",
        kind="counter",
        help="Orders of which an endpoint had left out a log that was found later",
    ),
    Metric(
        name="oldest_waiting",
        wire="zk_operator_oldest_waiting_order_seconds",
        kind="gauge",
        help="How long the oldest order could have been in a batch that neither is nor rests; 0 without one",
        failing="NaN while the depth at which money is spent is not known",
    ),
    Metric(
        name="purchases_held",
        wire="zk_operator_purchases_held",
        kind="gauge",
        help="1 while nothing new is bought for this reason",
        labels=("reason",),
        failing="kept in the process: whoever notices the failure sets it",
    ),
    Metric(
        name="route_failing",
        wire="zk_operator_route_failing",
        kind="gauge",
        help="1 while this way to zkVerify fails and proofs go the other way",
        labels=("route",),
        failing="kept in the process: whoever notices the failure sets it",
    ),
    Metric(name="reorgs", wire="zk_operator_reorgs_total", kind="counter", help="Reorgs followed"),
    Metric(
        name="orders",
        wire="zk_operator_orders",
        kind="gauge",
        help="Orders by status",
        labels=("status",),
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="orders_seen",
        wire="zk_operator_orders_seen_total",
        kind="counter",
        help="Orders taken in, by verdict (accepted, or our code)",
        labels=("verdict",),
    ),
    Metric(
        name="batches",
        wire="zk_operator_batches",
        kind="gauge",
        help="Unfinished batches by state",
        labels=("state",),
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="batches_closed",
        wire="zk_operator_batches_closed_total",
        kind="counter",
        help="Batches closed by reason",
        labels=("reason",),
    ),
    Metric(
        name="batches_ended",
        wire="zk_operator_batches_ended_total",
        kind="counter",
        help="Batches ended by result",
        labels=("result",),
    ),
    Metric(
        name="batch_size",
        wire="zk_operator_batch_size_orders",
        kind="histogram",
        help="Orders in a batch",
        buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
    ),
    Metric(
        name="stage",
        wire="zk_operator_stage_seconds",
        kind="histogram",
        help="Seconds a batch spent in a stage",
        labels=("stage",),
    ),
    Metric(
        name="order_seconds",
        wire="zk_operator_order_settled_seconds",
        kind="histogram",
        help="Seconds from mined to settled",
    ),
    Metric(
        name="acts",
        wire="zk_operator_acts_total",
        kind="counter",
        help="Paid acts by kind and end",
        labels=("kind", "end"),
    ),
    Metric(
        name="acts_live",
        wire="zk_operator_acts_in_flight",
        kind="gauge",
        help="Paid acts in flight by kind",
        labels=("kind",),
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="acts_ambiguous",
        wire="zk_operator_acts_ambiguous",
        kind="gauge",
        help="Paid acts whose outcome is not known",
        labels=("kind",),
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="oldest_act",
        wire="zk_operator_oldest_act_seconds",
        kind="gauge",
        help="Age of the oldest paid act that is neither final nor over, by kind; 0 where there is none",
        labels=("kind",),
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="acts_stuck",
        wire="zk_operator_acts_stuck",
        kind="gauge",
        help="1 while an act holds up its account and cannot be replaced (any more)",
        labels=("backend",),
        failing="as it was judged last; the service that keeps the acts fails meanwhile",
    ),
    Metric(
        name="spent",
        wire="zk_operator_spent_tokens_total",
        kind="counter",
        help="Paid, in whole tokens",
        labels=("resource",),
    ),
    Metric(
        name="balance",
        wire="zk_operator_balance_tokens",
        kind="gauge",
        help="Spendable balance, in whole tokens",
        labels=("resource",),
        failing="NaN, until the balance can be read again",
    ),
    Metric(
        name="balance_minimum",
        wire="zk_operator_balance_minimum_tokens",
        kind="gauge",
        help="Configured least balance, in whole tokens",
        labels=("resource",),
        failing="configured: always true",
    ),
    Metric(
        name="spending_stopped",
        wire="zk_operator_spending_stopped",
        kind="gauge",
        help="1 while a resource is not spent (balance or cap)",
        labels=("resource",),
        failing="the answer of the last attempt to spend, until the next one",
    ),
    Metric(
        name="last_success",
        wire="zk_operator_last_success_timestamp_seconds",
        kind="gauge",
        help="When a service's pass last succeeded; stage batch: when a batch was last finalized",
        labels=("stage",),
        failing="the last one, which is still true: its age grows; of a service that never succeeded: its start",
    ),
    Metric(
        name="routes",
        wire="zk_operator_prover_routes_total",
        kind="counter",
        help="Decisions of the router: who was asked for a proof, and why",
        labels=("backend", "decision", "reason"),
    ),
    Metric(
        name="prover_up",
        wire="zk_operator_prover_up",
        kind="gauge",
        help="1 while a prover is asked, 0 while it is left alone after a failure",
        labels=("backend",),
        failing="0: the failure sets it",
    ),
    Metric(
        name="prover_jobs",
        wire="zk_operator_prover_jobs",
        kind="gauge",
        help="Proofs that this machine makes, or that wait for it, by prover",
        labels=("backend", "state"),
        failing="counted in the process: always true",
    ),
    Metric(
        name="prover_memory",
        wire="zk_operator_prover_device_memory_bytes",
        kind="gauge",
        help="Memory of a GPU by nvidia-smi, after the last proof there",
        labels=("device", "kind"),
        failing="as it was after the last proof; a device that cannot be read is left as it was",
    ),
    Metric(
        name="info",
        wire="zk_operator_build_info",
        kind="gauge",
        help="Version and configuration hash",
        labels=("version", "config_hash"),
        failing="set at start: always true",
    ),
    Metric(
        name="reloads",
        wire="zk_operator_config_reloads_total",
        kind="counter",
        help="Configurations read again, by result: applied, partial (some keys need a restart), failed",
        labels=("result",),
    ),
    Metric(
        name="alerts",
        wire="zk_operator_alerts",
        kind="gauge",
        help="Alerts that stand, by the first word of their names; `/status` has the texts",
        labels=("kind",),
        failing="read from the health board when it is asked for",
    ),
    Metric(
        name="score",
        wire="eigen_performance_score",
        kind="gauge",
        help="AVS node specification: 0 to 100, share of recent batches that settled",
        failing="read from rows: without the database the process ends",
    ),
    Metric(
        name="stakes",
        wire="eigen_registered_stakes",
        kind="gauge",
        help="AVS node specification: certificate weight of this operator",
        labels=("quorum_number", "quorum_name"),
        failing="removed, until the terms can be read again",
    ),
    Metric(
        name="rpc_seconds",
        wire="eigen_rpc_request_duration_seconds",
        kind="histogram",
        help="AVS node specification: RPC latency",
        labels=("method", "client_version"),
        buckets=RPC_BUCKETS_S,
    ),
    Metric(
        name="rpc_total",
        wire="eigen_rpc_request_total",
        kind="counter",
        help="AVS node specification: RPC requests",
        labels=("method", "client_version"),
    ),
)


class Telemetry:
    """Sets metrics by their short names; an unknown name or label is a programming error and raises KeyError/ValueError."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            self._add(metric)
        ProcessCollector(registry=self.registry)

    def _add(self, metric: Metric) -> None:
        if metric.kind == "counter":
            name = metric.wire.removesuffix("_total")
            self._counters[metric.name] = Counter(
                name, metric.help, metric.labels, registry=self.registry
            )
        elif metric.kind == "gauge":
            self._gauges[metric.name] = Gauge(
                metric.wire, metric.help, metric.labels, registry=self.registry
            )
        else:
            self._histograms[metric.name] = Histogram(
                metric.wire,
                metric.help,
                metric.labels,
                registry=self.registry,
                buckets=metric.buckets,
            )

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def clear(self, name: str) -> None:
        """Forget what a gauge with labels was set to: nobody knows it now."""
        self._gauges[name].clear()

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add an observation to a histogram."""
        histogram = self._histograms[name]
        (histogram.labels(**labels) if labels else histogram).observe(value)
