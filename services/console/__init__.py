"""The console: what a person sees of the sandbox. No transaction of its own, nothing stored."""

from services.console.pages import build_router

__all__ = ["build_router"]
