"""What the site's options let be done with snapshots.

Rule: options in, policy out; nothing is opened.
"""

from kfnb_ext import config
from kfnb_ext.model import retention
from kfnb_ext.services.policy import Policy


def policy(options: config.KfnbExt) -> Policy:
    """By the options."""
    keep = retention.Retention(
        last=options.keep_last, daily=options.keep_daily, weekly=options.keep_weekly
    )
    return Policy(
        read_only=options.read_only,
        snapshots_enabled=options.snapshots_enabled,
        retention=keep,
    )
