"""What is measured: pure functions of spaces and options, each returning a record with a table and a JSON form."""
