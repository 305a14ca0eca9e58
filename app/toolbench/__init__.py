"""What people do with tools outside of calls: see what there is, try one, change an HTTP tool, look at servers."""
