// WeChat Pay as somebody else reads its documents: every request is verified and every answer and callback made with a
// published client library, none of it with code of ours. Prints its port, then serves until its input ends.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.WECHATPAY_LIBRARY}/`);
const { Aes, Formatter, Hash, Rsa, Transformer } = require('wechatpay-axios-plugin');

const config = JSON.parse(process.env.PEER);
const merchantKey = Rsa.from(config.merchant_public_pem, Rsa.KEY_TYPE_PUBLIC);
const platformPublic = Rsa.from(config.platform_public_pem, Rsa.KEY_TYPE_PUBLIC);
const platformKey = Rsa.from(config.platform_private_pem, Rsa.KEY_TYPE_PRIVATE);
const verified = [];

/** Headers that sign a body. */
function signed(body) {
  const [timestamp, nonce] = [String(config.now_s), Formatter.nonce()];
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': config.key_id,
    'Wechatpay-Signature': Rsa.sign(Formatter.response(timestamp, nonce, body), platformKey),
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

/** Whether the Authorization header signs exactly this request. */
function verifies(request, body) {
  const header = request.headers.authorization ?? '';
  if (!header.startsWith('WECHATPAY2-SHA256-RSA2048 ')) return false;
  const parts = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (parts.mchid !== config.mchid || parts.serial_no !== config.serial_no) return false;
  const message = Formatter.request(request.method, request.url, parts.timestamp, parts.nonce_str, body);
  return Rsa.verify(message, parts.signature, merchantKey);
}

/** A callback about `plain`. */
function callback(eventType, originalType, plain) {
  const nonce = Formatter.nonce(12);
  const body = JSON.stringify({
    id: 'EV-1',
    create_time: '2026-11-23T10:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: '通知',
    resource: {
      original_type: originalType,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Aes.AesGcm.encrypt(JSON.stringify(plain), config.api_v3_key, nonce, originalType),
      associated_data: originalType,
      nonce,
    },
  });
  return { headers: signed(body), body };
}

const order = (number, state) => ({
  appid: config.appid,
  mchid: config.mchid,
  out_trade_no: number,
  transaction_id: '4200000000202611230000000001',
  trade_type: 'JSAPI',
  trade_state: state,
  trade_state_desc: state,
  success_time: '2026-11-23T10:00:00+08:00',
  payer: { openid: 'o1' },
  amount: { total: 12345, payer_total: 12345, currency: 'CNY', payer_currency: 'CNY' },
});

const refund = (number) => ({
  refund_id: '50000000001',
  out_refund_no: number,
  transaction_id: '4200000000202611230000000001',
  out_trade_no: 'ORDER-000001',
  amount: { total: 12345, refund: 345, payer_total: 12345, payer_refund: 345, currency: 'CNY' },
});

/** What a verified request is answered. */
function answer(request, body) {
  const path = request.url.split('?')[0];
  const json = body === '' ? {} : JSON.parse(body);
  if (path === '/v3/pay/transactions/jsapi') return [200, { prepay_id: `wx${json.out_trade_no}` }];
  if (path === '/v3/pay/transactions/native') return [200, { code_url: 'weixin://wxpay/bizpayurl?pr=1' }];
  if (path.endsWith('/close')) return [204, null];
  if (path.endsWith('/apply-abnormal-refund')) {
    const serialIsOurs = request.headers['wechatpay-serial'] === config.key_id;
    const account = serialIsOurs ? Rsa.decrypt(json.bank_account, platformKey) : '';
    const name = serialIsOurs ? Rsa.decrypt(json.real_name, platformKey) : '';
    if (account !== '6222020000000000000' || name !== '测试') return [400, { code: 'PARAM_ERROR', message: 'sealed' }];
    return [200, { ...refund(json.out_refund_no), status: 'PROCESSING' }];
  }
  if (path === '/v3/refund/domestic/refunds') return [200, { ...refund(json.out_refund_no), status: 'PROCESSING' }];
  if (path.startsWith('/v3/pay/transactions/out-trade-no/')) {
    return [200, order(decodeURIComponent(path.split('/').pop()), 'SUCCESS')];
  }
  return [404, { code: 'RESOURCE_NOT_EXISTS', message: path }];
}

/** The older API: the library signs the same fields, and must come to the same signature. */
function olderApi(body) {
  const fields = Transformer.toObject(body);
  const { sign, ...rest } = fields;
  if (!Hash.equals(Hash.sign(fields.sign_type, rest, config.api_v2_key), sign)) {
    return Transformer.toXml({ return_code: 'FAIL', return_msg: '签名错误' });
  }
  const told = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    result_code: 'SUCCESS',
    appid: fields.appid,
    mch_id: fields.mch_id,
    nonce_str: Formatter.nonce(),
    out_trade_no: fields.out_trade_no,
    transaction_id: '4200000000202611230000000002',
    trade_type: 'MICROPAY',
    total_fee: fields.total_fee,
    cash_fee: fields.total_fee,
    time_end: '20261123100000',
    openid: 'o1',
    attach: fields.attach,
  };
  return Transformer.toXml({ ...told, sign: Hash.sign(fields.sign_type, told, config.api_v2_key) });
}

/** The five fields of `wx.requestPayment`. */
function payParamsHold(params) {
  const message = Formatter.joinedByLineFeed(config.appid, params.timeStamp, params.nonceStr, params.package);
  return params.signType === 'RSA' && Rsa.verify(message, params.paySign, merchantKey);
}

function serve(request, response, body) {
  const send = (status, headers, text) => response.writeHead(status, { Connection: 'close', ...headers }).end(text);
  if (request.url === '/peer/pay-params') return send(200, {}, String(payParamsHold(JSON.parse(body))));
  if (request.url === '/peer/payment') {
    return send(200, {}, JSON.stringify(callback('TRANSACTION.SUCCESS', 'transaction', order('ORDER-000001', 'SUCCESS'))));
  }
  if (request.url === '/peer/refund') {
    const plain = { mchid: config.mchid, ...refund('REFUND-1'), refund_status: 'SUCCESS', success_time: '2026-11-23T10:00:00+08:00' };
    return send(200, {}, JSON.stringify(callback('REFUND.SUCCESS', 'refund', plain)));
  }
  if (request.url === '/peer/verified') return send(200, {}, JSON.stringify(verified));
  if (request.url.startsWith('/pay/')) return send(200, { 'Content-Type': 'text/xml' }, olderApi(body));
  if (!verifies(request, body)) {
    return send(401, {}, JSON.stringify({ code: 'SIGN_ERROR', message: 'signature' }));
  }
  verified.push(`${request.method} ${request.url}`);
  const [status, told] = answer(request, body);
  const text = told === null ? '' : JSON.stringify(told);
  return send(status, { 'Content-Type': 'application/json', ...signed(text) }, text);
}

// The platform's pair must be one, or nothing below means anything.
if (!Rsa.verify('x', Rsa.sign('x', platformKey), platformPublic)) throw new Error('keys are not a pair');

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => serve(request, response, Buffer.concat(chunks).toString('utf8')));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
