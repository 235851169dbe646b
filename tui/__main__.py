"""`python -m tui` is `lossbook`."""

import sys

from tui.cli import main

sys.exit(main())
