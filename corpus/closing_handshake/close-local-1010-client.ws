wsclose 1
role client
# A client may close with 1010.
app close 1010 "ext"
> close 1010
> fin
