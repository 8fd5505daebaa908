wsclose 1
role server
# A byte order mark.
> close 1000 "\u{feff}bom"
> fin
