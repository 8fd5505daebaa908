wsclose 1
role server
# The application closes with 999, which has no meaning; some libraries send it.
app close 999
