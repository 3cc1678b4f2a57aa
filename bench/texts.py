"""What the people of the bench write: 60 % buttons and short answers, 40 % whole sentences, as talks really are."""

from random import Random

SHORT = (
    "ya",
    "iya",
    "tidak",
    "gak",
    "nggak",
    "boleh",
    "belum",
    "sudah",
    "saya sendiri",
    "anak saya",
    "tetangga",
    "27",
    "34 tahun",
    "umur saya 19",
    "Surabaya",
    "kab. Malang",
    "Jawa Timur",
    "gak tahu",
    "tidak mau jawab",
    "lewati",
    "nanti malam",
    "sore aja",
    "sering",
    "kadang kadang",
    "2",
    "1",
    "aman kok",
    "sendirian",
    "oke",
    "makasih",
)

SENTENCES = (
    "Selamat pagi, saya mau tanya soal bantuan untuk ibu saya yang sudah tua",
    "halo kak, ini nomor apa ya? saya dapat dari poster di puskesmas",
    "Bapak saya stroke sejak dua tahun lalu, tidak ada yang merawat kalau saya kerja",
    "anak tetangga saya tidak sekolah, umurnya kira kira 9 tahun, tiap hari ikut ibunya ngamen",
    "saya baru pulang dari Malaysia, tidak punya uang untuk pulang ke kampung",
    "suami sudah tiga bulan gak kasih uang belanja, saya bingung harus bagaimana",
    "rumah kami kena banjir minggu lalu, sekarang numpang di masjid sama anak anak",
    "adik saya penyandang disabilitas, mau urus kursi roda tapi tidak tahu caranya",
    "Tolong info cara daftar DTKS, kami keluarga tidak mampu",
    "aku lagi capek banget sama semuanya, pengen cerita aja boleh gak",
    "orang rumah suka marah marah kalau aku pulang telat, kadang barang dibanting",
    "kmrn ada yg minta foto ktp aku lewat wa, katanya buat kerja di luar negeri",
    "Ibu kos mengusir kami karena belum bayar dua bulan, saya punya bayi enam bulan",
    "nek kene enek panti kanggo wong tuwo gak, mbahku wis pikun",
    "saya mau lapor, ada kakek terlantar di pinggir jalan dekat pasar, sudah tiga hari",
    "kakak saya habis keluar dari penjara, susah cari kerja, ada pelatihan gak ya",
    "anak saya dibully terus di sekolah, sekarang tidak mau berangkat",
    "Saya ODHIV, obat saya habis dan jauh dari rumah sakit, apa bisa dibantu",
    "temanku pakai sabu, dia mau berhenti, tempat rehab yang gratis di mana ya",
    "sampai sekarang akta kelahiran anak saya belum jadi karena tidak ada surat nikah",
    "besok hujan gak ya, saya jualan di pinggir jalan soalnya",
    "terima kasih ya sudah dibalas, saya tunggu kabarnya",
    "kalau mau ketemu petugasnya langsung, kantornya di mana dan buka jam berapa",
    "aku gak yakin ini termasuk masalah apa, pokoknya di rumah gak enak banget",
    "gaji saya sebagai pembantu tidak dibayar lima bulan, paspor dipegang agen",
    "suami saya mukul saya tadi malam, saya takut pulang",
    "mbok menawi wonten bantuan kangge tiyang sepuh, kulo piyambakan",
    "waktu gempa kemarin kaki saya luka, sudah diobati tapi belum bisa jalan jauh",
    "Assalamualaikum, mau tanya, santunan yatim piatu syaratnya apa saja",
    "hp ini dipakai bareng suami, jadi tolong jangan telepon dulu ya",
    "saya cuma mau coba coba, ini robot apa orang",
    "udah lama aku gak bisa tidur, kepikiran utang pinjol terus",
)

_LEFT_ALONE = ("keluar", "berhenti", "hapus", "stop", "batal")


def next_answer(chance: Random, buttons: list[tuple[str, str]]) -> tuple[str, str]:
    """What somebody does next: ("press", data) or ("say", words). Nobody presses what ends the talk."""
    presses = [data for label, data in buttons if not any(word in label.lower() for word in _LEFT_ALONE)]
    draw = chance.random()
    if draw < 0.4:
        return "say", chance.choice(SENTENCES)
    if presses and draw < 0.85:
        return "press", chance.choice(presses)
    return "say", chance.choice(SHORT)
