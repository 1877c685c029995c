"""When a prover is asked again about a request: looks are spent where a proof is likely. A pure decision.

A network tells nothing by itself, so a proof waits for the next look. Looks that are saved while hardly any proof has ever
come are spent around the usual time: three for one, for as long as there are saved ones. So the number of looks at a
request does not grow, whenever its proof comes.
"""

QUIET = 2  # pauses are so many times longer before
KEEN = 3  # and so many times shorter around the usual time
_EARLY_PERCENT = 90  # of the median: hardly any proof comes before
# What is saved until then pays for so much longer: (1 - 1 / QUIET) / (KEEN - 1).
_KEEN_PERCENT = 25


def pause_ms(*, age_ms: int, usual_ms: int, poll_ms: int) -> int:
    """From this look until the next one, in ms; at least 1.

    `usual_ms`: the measured median of the prover. `poll_ms`: the even pause that this is better than.
    """
    early_ms = usual_ms * _EARLY_PERCENT // 100
    if age_ms < early_ms:
        return min(poll_ms * QUIET, early_ms - age_ms)
    if age_ms < early_ms + early_ms * _KEEN_PERCENT // 100:
        return -(-poll_ms // KEEN)  # rounded up: never more looks
    return poll_ms
