"""What a trader does with the manager, without an operator's configuration: place, watch, cancel and refund orders."""
