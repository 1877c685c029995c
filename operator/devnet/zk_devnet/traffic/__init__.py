"""Traffic for the devnet: traders who place orders, a share of them bad on purpose."""
