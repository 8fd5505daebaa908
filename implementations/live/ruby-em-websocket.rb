# Echo server on em-websocket.
# Closing behavior of the program: on the text close:CODE:REASON it calls close(CODE, REASON) and ignores exceptions.
# The library replies to a Close, fails connections and closes TCP.
require 'em-websocket'

EM.run do
  EM::WebSocket.run(host: '127.0.0.1', port: Integer(ARGV[0])) do |socket|
    socket.onerror { |error| }
    socket.onbinary { |octets| socket.send_binary(octets) }
    socket.onmessage do |text|
      if text.start_with?('close:')
        _, code, reason = text.split(':', 3)
        begin
          code.empty? ? socket.close : socket.close(Integer(code), reason)
        rescue StandardError
          # Call refused: the connection stays as the library left it.
        end
      else
        socket.send(text)
      end
    end
  end
  $stdout.puts 'listening'
  $stdout.flush
end
