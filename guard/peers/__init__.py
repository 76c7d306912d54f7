"""Peers that send their video over WebRTC; the guard only receives."""
