"""`python -m zk_devnet.testing.fuzz`."""

import sys

from zk_devnet.testing.fuzz.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
