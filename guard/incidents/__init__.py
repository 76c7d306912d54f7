"""What a security team can file: who was accused or played a recording, and the minute around it."""
