"""The simulator: the whole operator against simulated outsides, in virtual time, from one seed.

Layers, lowest first: `loop`, `chance`, `trace` (time, randomness, what is written down); `evm`, `zkverify`, `prover`
(the outsides, each with its wire format); `life`, `world` (the operator, and everything around it); `oracle`, `case`,
`shrink`, `runner`, `mutants`.
"""
