"""Office files in and out; refused rows are told with file, row, column and value."""
