"""What the status of an HTTP answer means, whatever was asked for (RFC 9110, section 15; RFC 6585; RFC 8470)."""

from __future__ import annotations

TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
"""It may be another one when it is asked again."""
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 10
"""In a row: Go's limit, and so that of BuildKit and Docker."""
