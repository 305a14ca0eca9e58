"""What the toolkit itself has the caller hear, in the shipped languages."""

from collections.abc import Mapping

Sentences = Mapping[str, str]

BROKEN: Sentences = {
    "en": "I'm sorry, I can't get to that right now.",
    "es": "Lo siento, en este momento no puedo consultarlo.",
    "fr": "Je suis désolé, je n'y ai pas accès pour le moment.",
    "de": "Es tut mir leid, darauf kann ich gerade nicht zugreifen.",
    "pt": "Desculpe, não consigo consultar isso neste momento.",
    "hi": "माफ़ कीजिए, अभी मैं यह नहीं देख पा रहा हूँ।",
    "ja": "申し訳ございません。ただいま確認できません。",
    "ar": "عذرًا، لا أستطيع الوصول إلى ذلك الآن.",
    "zh": "很抱歉，我现在查不到。",
    "pl": "Przepraszam, w tej chwili nie mogę tego sprawdzić.",
}
SLOW: Sentences = {
    "en": "I'm sorry, that is taking too long right now.",
    "es": "Lo siento, eso está tardando demasiado en este momento.",
    "fr": "Je suis désolé, cela prend trop de temps pour le moment.",
    "de": "Es tut mir leid, das dauert gerade zu lange.",
    "pt": "Desculpe, isso está demorando demais neste momento.",
    "hi": "माफ़ कीजिए, इसमें अभी बहुत समय लग रहा है।",
    "ja": "申し訳ございません。ただいま時間がかかりすぎています。",
    "ar": "عذرًا، يستغرق ذلك وقتًا طويلًا الآن.",
    "zh": "很抱歉，现在花的时间太长了。",
    "pl": "Przepraszam, to trwa w tej chwili zbyt długo.",
}
DONE: Sentences = {
    "en": "Done.",
    "es": "Listo.",
    "fr": "C'est fait.",
    "de": "Erledigt.",
    "pt": "Pronto.",
    "hi": "हो गया।",
    "ja": "完了しました。",
    "ar": "تم.",
    "zh": "已完成。",
    "pl": "Gotowe.",
}
NOTHING: Sentences = {
    "en": "I found nothing on that.",
    "es": "No he encontrado nada sobre eso.",
    "fr": "Je n'ai rien trouvé à ce sujet.",
    "de": "Dazu habe ich nichts gefunden.",
    "pt": "Não encontrei nada sobre isso.",
    "hi": "मुझे इस बारे में कुछ नहीं मिला।",
    "ja": "それについては何も見つかりませんでした。",
    "ar": "لم أجد شيئًا عن ذلك.",
    "zh": "没有找到相关的内容。",
    "pl": "Nic na ten temat nie znalazłem.",
}
UNSURE: Sentences = {
    "en": "I'm sorry, I can't tell yet whether that went through. It may have been done.",
    "es": "Lo siento, todavía no sé si se ha hecho. Puede que ya esté hecho.",
    "fr": "Je suis désolé, je ne sais pas encore si c'est passé. C'est peut-être déjà fait.",
    "de": "Es tut mir leid, ich weiß noch nicht, ob das geklappt hat. Es kann schon geschehen sein.",
    "pt": "Desculpe, ainda não sei se deu certo. Pode já ter sido feito.",
    "hi": "माफ़ कीजिए, अभी पता नहीं कि यह हुआ या नहीं। हो सकता है कि हो चुका हो।",
    "ja": "申し訳ございません。処理されたかどうか、まだ分かりません。完了している可能性もあります。",
    "ar": "عذرًا، لا أعرف بعد إن كان ذلك قد تم. ربما تم بالفعل.",
    "zh": "很抱歉，我还不能确定是否成功，可能已经办好了。",
    "pl": "Przepraszam, nie wiem jeszcze, czy to się udało. Mogło już zostać zrobione.",
}
NOT_IDENTIFIED: Sentences = {
    "en": "That doesn't match what we have on file. Could you say it once more, digit by digit?",
    "es": "Eso no coincide con lo que tenemos registrado. ¿Puede decirlo otra vez, cifra por cifra?",
    "fr": "Cela ne correspond pas à nos données. Pouvez-vous le redire, chiffre par chiffre ?",
    "de": "Das stimmt nicht mit unseren Daten überein. Können Sie es noch einmal sagen, Ziffer für Ziffer?",
    "pt": "Isso não corresponde ao que temos registado. Pode repetir, dígito por dígito?",
    "hi": "यह हमारे रिकॉर्ड से मेल नहीं खाता। क्या आप एक बार फिर, अंक-अंक करके बता सकते हैं?",
    "ja": "登録内容と一致しません。もう一度、一桁ずつおっしゃっていただけますか。",
    "ar": "هذا لا يطابق ما لدينا. هل يمكنك قوله مرة أخرى رقمًا رقمًا؟",
    "zh": "这与我们的记录不符。请您一位一位地再说一遍，好吗？",
    "pl": "To nie zgadza się z naszymi danymi. Czy może Pan lub Pani powtórzyć, cyfra po cyfrze?",
}
LOCKED: Sentences = {
    "en": "For your safety I can't check who you are any more on this call. A colleague can help you.",
    "es": "Por su seguridad ya no puedo comprobar su identidad en esta llamada. Un compañero puede ayudarle.",
    "fr": "Pour votre sécurité, je ne peux plus vérifier votre identité pendant cet appel. Un collègue peut aider.",
    "de": "Zu Ihrer Sicherheit kann ich in diesem Anruf nicht mehr prüfen, wer Sie sind. "
    "Jemand aus dem Team kann Ihnen helfen.",
    "pt": "Para sua segurança, já não posso confirmar a sua identidade nesta chamada. Um colega pode ajudar.",
    "hi": "आपकी सुरक्षा के लिए इस कॉल में मैं अब आपकी पहचान नहीं जाँच सकता। एक सहकर्मी आपकी मदद कर सकते हैं।",
    "ja": "安全のため、このお電話ではこれ以上ご本人確認ができません。担当者がお手伝いいたします。",
    "ar": "حفاظًا على سلامتك لا أستطيع التحقق من هويتك بعد الآن في هذه المكالمة. يمكن لأحد الزملاء مساعدتك.",
    "zh": "为了您的安全，本次通话中我不能再核实您的身份了。我的同事可以帮助您。",
    "pl": "Dla bezpieczeństwa nie mogę już w tej rozmowie sprawdzać tożsamości. Pomoże ktoś z zespołu.",
}
CODE_TEXT: Sentences = {
    "en": "Your code is {code}. It is good for 5 minutes. Say it only on the call you are in now.",
    "es": "Su código es {code}. Vale 5 minutos. Dígalo solo en la llamada en la que está ahora.",
    "fr": "Votre code est {code}. Il est valable 5 minutes. Ne le dites que pendant l'appel en cours.",
    "de": "Ihr Code ist {code}. Er gilt 5 Minuten. Sagen Sie ihn nur in dem Anruf, den Sie gerade führen.",
    "pt": "O seu código é {code}. É válido por 5 minutos. Diga-o só na chamada em que está agora.",
    "hi": "आपका कोड {code} है। यह 5 मिनट तक चलेगा। इसे केवल अभी चल रही कॉल में बताएँ।",
    "ja": "コードは {code} です。5分間有効です。今お話し中のお電話でのみお伝えください。",
    "ar": "رمزك هو {code}. صالح لمدة 5 دقائق. قله فقط في المكالمة الجارية الآن.",
    "zh": "您的验证码是 {code}，5 分钟内有效。只在您现在的通话中说出它。",
    "pl": "Kod to {code}. Jest ważny 5 minut. Podaj go tylko w rozmowie, która właśnie trwa.",
}
CODE_SENT: Sentences = {
    "en": "I have sent a six digit code to the phone we have on file. Please read it to me.",
    "es": "He enviado un código de seis cifras al teléfono que tenemos registrado. Léamelo, por favor.",
    "fr": "J'ai envoyé un code à six chiffres au téléphone que nous avons enregistré. Lisez-le-moi, s'il vous plaît.",
    "de": "Ich habe einen sechsstelligen Code an das bei uns hinterlegte Telefon geschickt. Bitte lesen Sie ihn vor.",
    "pt": "Enviei um código de seis dígitos para o telefone que temos registado. Leia-o para mim, por favor.",
    "hi": "मैंने हमारे रिकॉर्ड वाले फ़ोन पर छह अंकों का कोड भेजा है। कृपया मुझे पढ़कर बताएँ।",
    "ja": "ご登録の電話に6桁のコードを送りました。読み上げてください。",
    "ar": "أرسلت رمزًا من ستة أرقام إلى الهاتف المسجل لدينا. من فضلك اقرأه لي.",
    "zh": "我已把六位数的验证码发到您登记的手机上，请读给我听。",
    "pl": "Wysłałem sześciocyfrowy kod na telefon zapisany u nas. Proszę mi go odczytać.",
}
NO_CODE_SENT: Sentences = {
    "en": "I can't send a code just now. A colleague can help you.",
    "es": "Ahora no puedo enviar un código. Un compañero puede ayudarle.",
    "fr": "Je ne peux pas envoyer de code pour le moment. Un collègue peut vous aider.",
    "de": "Ich kann gerade keinen Code schicken. Jemand aus dem Team kann Ihnen helfen.",
    "pt": "Não consigo enviar um código agora. Um colega pode ajudar.",
    "hi": "मैं अभी कोड नहीं भेज सकता। एक सहकर्मी आपकी मदद कर सकते हैं।",
    "ja": "ただいまコードを送ることができません。担当者がお手伝いいたします。",
    "ar": "لا أستطيع إرسال رمز الآن. يمكن لأحد الزملاء مساعدتك.",
    "zh": "我现在无法发送验证码。我的同事可以帮助您。",
    "pl": "Nie mogę teraz wysłać kodu. Pomoże ktoś z zespołu.",
}
CODE_OVER: Sentences = {
    "en": "There is no code that is still good. I can send a new one.",
    "es": "No hay ningún código que siga siendo válido. Puedo enviar uno nuevo.",
    "fr": "Aucun code n'est encore valable. Je peux en envoyer un nouveau.",
    "de": "Es gibt keinen Code, der noch gilt. Ich kann einen neuen schicken.",
    "pt": "Não há nenhum código que ainda seja válido. Posso enviar um novo.",
    "hi": "कोई कोड अब मान्य नहीं है। मैं नया कोड भेज सकता हूँ।",
    "ja": "有効なコードがありません。新しいコードを送れます。",
    "ar": "لا يوجد رمز صالح. يمكنني إرسال رمز جديد.",
    "zh": "没有仍然有效的验证码。我可以重新发送一个。",
    "pl": "Nie ma kodu, który jest jeszcze ważny. Mogę wysłać nowy.",
}
CODE_RIGHT: Sentences = {
    "en": "Thank you, the code is right.",
    "es": "Gracias, el código es correcto.",
    "fr": "Merci, le code est bon.",
    "de": "Danke, der Code stimmt.",
    "pt": "Obrigado, o código está certo.",
    "hi": "धन्यवाद, कोड सही है।",
    "ja": "ありがとうございます。コードは正しいです。",
    "ar": "شكرًا، الرمز صحيح.",
    "zh": "谢谢，验证码正确。",
    "pl": "Dziękuję, kod się zgadza.",
}
TEXT_SENT: Sentences = {
    "en": "I have sent you a text message.",
    "es": "Le he enviado un mensaje de texto.",
    "fr": "Je vous ai envoyé un SMS.",
    "de": "Ich habe Ihnen eine SMS geschickt.",
    "pt": "Enviei-lhe uma mensagem de texto.",
    "hi": "मैंने आपको एक टेक्स्ट संदेश भेज दिया है।",
    "ja": "ショートメッセージをお送りしました。",
    "ar": "أرسلت لك رسالة نصية.",
    "zh": "我已给您发了一条短信。",
    "pl": "Wysłałem SMS.",
}
NO_TEXT_HERE: Sentences = {
    "en": "I can't send a text message to the phone you are calling from.",
    "es": "No puedo enviar un mensaje de texto al teléfono desde el que llama.",
    "fr": "Je ne peux pas envoyer de SMS au téléphone dont vous appelez.",
    "de": "An das Telefon, von dem Sie anrufen, kann ich keine SMS schicken.",
    "pt": "Não consigo enviar uma mensagem de texto para o telefone de que está a ligar.",
    "hi": "जिस फ़ोन से आप कॉल कर रहे हैं, उस पर मैं टेक्स्ट संदेश नहीं भेज सकता।",
    "ja": "今おかけの電話にはショートメッセージをお送りできません。",
    "ar": "لا أستطيع إرسال رسالة نصية إلى الهاتف الذي تتصل منه.",
    "zh": "我无法向您来电的号码发送短信。",
    "pl": "Nie mogę wysłać SMS-a na telefon, z którego Pan lub Pani dzwoni.",
}
NO_MORE_TEXTS: Sentences = {
    "en": "I can't send any more text messages on this call.",
    "es": "No puedo enviar más mensajes de texto en esta llamada.",
    "fr": "Je ne peux plus envoyer de SMS pendant cet appel.",
    "de": "In diesem Anruf kann ich keine weitere SMS schicken.",
    "pt": "Não posso enviar mais mensagens de texto nesta chamada.",
    "hi": "इस कॉल में मैं और टेक्स्ट संदेश नहीं भेज सकता।",
    "ja": "このお電話ではこれ以上ショートメッセージをお送りできません。",
    "ar": "لا أستطيع إرسال المزيد من الرسائل النصية في هذه المكالمة.",
    "zh": "本次通话中我不能再发短信了。",
    "pl": "W tej rozmowie nie mogę już wysłać kolejnego SMS-a.",
}
NOT_TEXTED: Sentences = {
    "en": "I could not send the text message just now.",
    "es": "No he podido enviar el mensaje de texto en este momento.",
    "fr": "Je n'ai pas pu envoyer le SMS pour le moment.",
    "de": "Ich konnte die SMS gerade nicht schicken.",
    "pt": "Não consegui enviar a mensagem de texto neste momento.",
    "hi": "मैं अभी टेक्स्ट संदेश नहीं भेज सका।",
    "ja": "ただいまショートメッセージをお送りできませんでした。",
    "ar": "لم أستطع إرسال الرسالة النصية الآن.",
    "zh": "我刚才没能发出短信。",
    "pl": "Nie udało mi się teraz wysłać SMS-a.",
}
