wsclose 1
role client
# Beast delivers a message under way when its application closes, or discards it, by how the rest is cut.
> text "a" claim=4
app close
> octets 6263 64
> close
> fin
again each
