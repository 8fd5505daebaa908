wsclose 1
role server
# fastwebsockets takes the first fragment of a message inside a fragmented message.
> text "a" fin=0
> text "b" fin=0
wait 2
> fin
