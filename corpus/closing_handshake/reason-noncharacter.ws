wsclose 1
role server
# Noncharacters are valid UTF-8.
> close 1000 "\u{ffff}\u{10ffff}"
> fin
