wsclose 1
role server
# The application closes with 4999, a code for private use.
app close 4999 "app"
> close 4999
> fin
