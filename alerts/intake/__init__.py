"""What people say back: buttons, commands and replies, over Socket Mode."""
