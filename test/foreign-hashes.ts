/** What werkzeug 3.1.9, Django 5.2.19, bcrypt 5.0.0 and argon2-cffi 25.1.0 made of one password. */
export const FOREIGN_PASSWORD = 'Grüße aus Köln 7'
export const FOREIGN_HASHES: ReadonlyArray<readonly [made: string, hash: string]> = [
  [
    'werkzeug scrypt',
    'scrypt:32768:8:1$FD9TwD5rWaB3ybyu$1e0183180bb6b3b88ec1b45c1a78683dfbd3a98605b96b9c68af8930d403836bef515ea5f53143a6162594d09a201479da4f7bc9a1561c8e9cade7e1487cad5e',
  ],
  [
    'werkzeug pbkdf2',
    'pbkdf2:sha256:2000$2Ra5xTjP6JkDKz3B$2ad0bcfb50587a18fe2e9a31eff5d7a7f95da933109d62ae28e200bca4368e07',
  ],
  [
    'werkzeug pbkdf2 sha512',
    'pbkdf2:sha512:2000$byFY1dCqJ3Q6sNxi$1269d78208ffcc3f79024484adb817dd3fb5c605f6c170201d42afb43d3b4b84c848ff514aac0ffcf1b096532c2c6fdc2b1685013a5c0ac0bf7e76a2d3ed2741',
  ],
  ['bcrypt', '$2b$05$skVvSzEtk9NLtQptY3jBpeFCxkrFqVztH/izlwd/qpNEbJKjepvmO'],
  ['bcrypt 2a', '$2a$05$zvatTHChCcG674lpqPi4i.cWCNttczqeaQltzyJgg54pWO99zPDee'],
  [
    'django pbkdf2_sha256',
    'pbkdf2_sha256$1000000$3533zQIcRwDiJDBniCe0JB$p8samVF9eGIH3o0/xD581wobL85FdMdJ0ylYyynu3zg=',
  ],
  ['django pbkdf2_sha1', 'pbkdf2_sha1$1000000$ymmHvADJxhwyOxmGLktX7w$s5myJoyYv7mqmCW/N/euW0F9nP0='],
  [
    'django argon2',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$V1luZGRXYTlhc3dZeU9GeEhuN3hVcA$kWOz36CVy2vZah8gnoT4UzO4JRyILi/E4NSrIbANNdk',
  ],
  [
    'django bcrypt_sha256',
    'bcrypt_sha256$$2b$12$T9gYfz5wH2zi72Opdc9iMuzHRTcO9TDYpgdYMsOHhu2bHQcaWuRhu',
  ],
  ['django bcrypt', 'bcrypt$$2b$12$6jlh5IN4V9lDxf5f4l6oC.0MyxnmviognWTwUTucbiyoivqby9U5.'],
  [
    'django scrypt',
    'scrypt$16384$GZ0ExcxLN6wgjV4nKPESjr$8$5$etD8p/ER3QGPurQKZfEpNWb02eEPS2yhGSpDLvjVBcLR4KUlp7DNAJf3iXUMS+yV46p+GhZxyhbLOChdRYMZog==',
  ],
  [
    'argon2',
    '$argon2id$v=19$m=64,t=1,p=2$Z92/n2fpOqB4lERULDjr0A$NiBBDbWrlbc9CHsgmySv7G+22O7GaCGJUSy4A/pJu28',
  ],
]
