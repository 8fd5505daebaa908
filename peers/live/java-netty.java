// Echo server on Netty's WebSocketServerProtocolHandler.
// Of closing, the program does only this: the text close:CODE:REASON writes the library's CloseWebSocketFrame with
// them, and what that throws is dropped. Answering a Close, failing a connection and closing TCP are the library's.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;

class JavaNetty {
    static class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
            // A frame at a time: a message in fragments is echoed in the same fragments.
            if (!(frame instanceof TextWebSocketFrame text) || !text.text().startsWith("close:")) {
                context.writeAndFlush(frame.retain());
                return;
            }
            String[] asked = text.text().substring("close:".length()).split(":", 2);
            try {
                context.writeAndFlush(asked[0].isEmpty()
                        ? new CloseWebSocketFrame()
                        : new CloseWebSocketFrame(Integer.parseInt(asked[0]), asked.length > 1 ? asked[1] : ""));
            } catch (RuntimeException refused) {
                // The connection stays as the library left it.
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable broken) {
            // The library closes the channel itself; this only keeps it from writing a warning.
        }
    }

    public static void main(String[] arguments) throws Exception {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(new NioEventLoopGroup(1), new NioEventLoopGroup())
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(
                                new HttpServerCodec(), new HttpObjectAggregator(65536),
                                new WebSocketServerProtocolHandler("/"), new Echo());
                    }
                });
        bootstrap.bind("127.0.0.1", Integer.parseInt(arguments[0])).sync();
        System.out.println("listening");
    }
}
