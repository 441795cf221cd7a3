"""What IAM answers, put into rows."""
