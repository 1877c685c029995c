"""Which shortfalls one zkVerify endpoint has: questions by which it shows them, and pure judgements of its answers."""

from zkverify_client.adapters.examination.endpoint import ZkVerifyPlan, examine_endpoint

__all__ = ["ZkVerifyPlan", "examine_endpoint"]
