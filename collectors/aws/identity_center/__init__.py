"""What Identity Center answers, put into rows."""
