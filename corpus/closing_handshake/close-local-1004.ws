wsclose 1
role server
# The application closes with 1004, which is reserved and has no meaning.
app close 1004
wait 16
> fin
