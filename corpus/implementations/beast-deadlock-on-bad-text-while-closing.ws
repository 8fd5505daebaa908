wsclose 1
role client
# Beast waits forever if a text message continues with invalid UTF-8 after its application closed.
> text "a" claim=9
app close
> octets ff
> fin
