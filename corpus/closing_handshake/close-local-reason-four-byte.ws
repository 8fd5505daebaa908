wsclose 1
role server
# The application closes with a reason of one four-octet character.
app close 1000 "👋"
> close 1000
> fin
