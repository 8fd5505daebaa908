wsclose 1
role server
# A code point above U+10FFFF is not valid UTF-8.
> close 3333 hex:f4908080
wait 2
> fin
