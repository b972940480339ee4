#!/usr/bin/env python
"""The operator's commands: `manage.py help` lists them."""

import os
import sys

from gateway.management.start import run

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
    run(sys.argv)
