wsclose 1
role server
# A reason with a four-byte character.
app close 1000 "👋"
> close 1000
> fin
