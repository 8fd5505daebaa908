wsclose 1
role server
# A four-byte character.
> close 1000 "👋"
> fin
