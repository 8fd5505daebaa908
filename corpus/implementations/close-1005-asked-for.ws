wsclose 1
role server
# The application closes with 1005, which must not be sent; some libraries send it.
app close 1005
