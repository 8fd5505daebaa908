wsclose 1
role server
# A reason of 123 octets is the longest that fits.
app close 1000 "r" * 123
> close 1000
> fin
