"""The auditor: reads the EVM chain and nothing else, and says whether every token is accounted for."""

from zk_devnet.auditor.audit import audit, order_outcomes
from zk_devnet.auditor.report import AuditReport, CurrencyRow

__all__ = ["AuditReport", "CurrencyRow", "audit", "order_outcomes"]
