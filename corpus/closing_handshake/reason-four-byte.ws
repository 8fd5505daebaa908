wsclose 1
role server
# A reason of one four-octet character.
> close 1000 "👋"
> fin
