wsclose 1
role server
# A reason with a byte order mark.
> close 1000 "\u{feff}bom"
> fin
