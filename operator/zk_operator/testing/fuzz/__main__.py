"""`python -m zk_operator.testing.fuzz`."""

import sys

from zk_operator.testing.fuzz.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
