"""The pure core: frames in, verdicts out. numpy and the standard library only; no clock, no files, no sockets."""
