"""The runtime's types, pallets and signed extensions, declared from the published interface of zkVerify 1.6."""
