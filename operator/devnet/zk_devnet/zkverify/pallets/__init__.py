"""What the calls of each pallet do."""
