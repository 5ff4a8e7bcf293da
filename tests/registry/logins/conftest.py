from .helpers import programs

__all__ = ["programs"]
