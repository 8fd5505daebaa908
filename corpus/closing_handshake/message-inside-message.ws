wsclose 1
role server
# A message that begins inside a fragmented one.
> text "a" fin=0
> text "b"
wait 2
> fin
