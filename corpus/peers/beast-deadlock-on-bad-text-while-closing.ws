wsclose 1
role client
# Beast waits for ever when a text message that began before its application closed goes on with what is not UTF-8.
> text "a" claim=9
app close
> octets ff
> fin
