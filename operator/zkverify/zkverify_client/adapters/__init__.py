"""A zkVerify client: submits proofs, registers keys, follows their outcome and reads receipts."""
