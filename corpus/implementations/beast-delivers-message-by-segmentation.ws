wsclose 1
role client
# Segmentation decides whether Beast delivers a message in progress when its application closes.
> text "a" claim=4
app close
> octets 6263 64
> close
> fin
again each
